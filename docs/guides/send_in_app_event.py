#!/usr/bin/env python3
"""Signs one in-app event and sends it. Standard library only; what to send comes from the environment."""
import hashlib, hmac, http.client, json, os, sys, time, urllib.request
from datetime import datetime, timezone

def canonical(value):
    """Keys in the order of their UTF-16 units at each level, no white space."""
    if isinstance(value, float) or isinstance(value, int) and abs(value) > 2**53:
        raise TypeError("languages print such numbers differently: send them as text")
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return "{" + ",".join(canonical(key) + ":" + canonical(value[key]) for key in keys) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    return json.dumps(value, ensure_ascii=False)

def sign(secret, timestamp, body):
    digest = hashlib.sha256(canonical(body).encode()).hexdigest()
    return hmac.new(secret.encode(), f"{timestamp}\n{digest}".encode(), hashlib.sha256).hexdigest()

def send(base_url, key_id, secret, body, attempts=5):
    for number in range(attempts):
        timestamp = int(time.time())
        headers = {"Content-Type": "application/json", "X-Buzz-Key-Id": key_id, "X-Buzz-Timestamp": str(timestamp),
                   "X-Buzz-Signature": sign(secret, timestamp, body)}
        request = urllib.request.Request(base_url + "/user/inapp/webhooks", json.dumps(body).encode(), headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return json.load(response)["data"]
        except (OSError, http.client.HTTPException) as error:  # refused, or no answer: it may have been taken all the same
            status = getattr(error, "code", None)
            if number == attempts - 1 or status not in (None, 429, 503):
                sys.exit(error.read().decode() if status else f"No answer: {error}")
            time.sleep(int(error.headers.get("Retry-After", "1")) if status else 2**number)

if __name__ == "__main__":
    env = os.environ
    print(json.dumps(send(env["BASE_URL"], env["INAPP_KEY_ID"], env["INAPP_SECRET"], {
        "schema_version": "1.0", "event_id": env["EVENT_ID"], "event_type": env["EVENT_TYPE"], "campaign_id": int(env["CAMPAIGN_ID"]),
        "occurred_at": datetime.now(timezone.utc).isoformat(), "user": {"wallet": env["USER_WALLET"]}})))
