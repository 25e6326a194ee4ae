/**
 * A dependency (database, broker) could not be reached or said that it cannot now: nobody's request or record is to blame.
 * HTTP answers 503, a consumer tries the batch again without bound.
 */
export class Unavailable extends Error {}
