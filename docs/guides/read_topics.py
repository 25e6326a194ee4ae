#!/usr/bin/env python3
"""Reads Waggle's public topics, each event once, as one line of JSON. Needs `pip install kafka-python`; what to read comes from the environment."""
import json, os
from kafka import KafkaConsumer

consumer = KafkaConsumer(
    os.environ.get("TOPIC", "public.behavior.event.v1"),
    bootstrap_servers=os.environ["KAFKA_BROKERS"].split(","),
    security_protocol="SASL_PLAINTEXT",
    sasl_mechanism="SCRAM-SHA-512",
    sasl_plain_username=os.environ["KAFKA_USERNAME"],
    sasl_plain_password=os.environ["KAFKA_PASSWORD"],
    group_id=os.environ.get("GROUP", "bi-python"),
    auto_offset_reset="earliest",
    consumer_timeout_ms=int(os.environ.get("QUIET_MS", "10000")),
)

seen = set()
for record in consumer:
    headers = {name: value.decode() for name, value in record.headers}
    if headers["ce_id"] in seen:  # at least once: an event may come again
        continue
    seen.add(headers["ce_id"])
    print(json.dumps({"id": headers["ce_id"], "type": headers["ce_type"], **json.loads(record.value)}), flush=True)
