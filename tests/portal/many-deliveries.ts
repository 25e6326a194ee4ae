/** One real delivery, made into many of one user, each a second older than the one before. Takes the number and the user. */
export const MULTIPLY_A_DELIVERY = `
  WITH one AS (SELECT * FROM deliveries WHERE status = 'succeeded' LIMIT 1)
  INSERT INTO deliveries SELECT made.* FROM one, generate_series(1, $1::int) n, LATERAL jsonb_populate_record(NULL::deliveries,
    to_jsonb(one) || jsonb_build_object('id', 'dlv_' || lpad(n::text, 26, '0'), 'user_id', $2::text, 'created_at', now() - n * interval '1 second')) AS made`;
