// Reads Waggle's public topics, each event once, as one line of JSON. Node 22 or later and the package kafkajs; what to read comes from the environment.
import kafkajs from 'kafkajs';

const { KAFKA_BROKERS, KAFKA_USERNAME, KAFKA_PASSWORD, GROUP = 'bi-example', TOPIC = 'public.behavior.event.v1', EVENTS_MAX = 'Infinity' } = process.env;
const kafka = new kafkajs.Kafka({
  brokers: KAFKA_BROKERS.split(','),
  sasl: { mechanism: 'scram-sha-512', username: KAFKA_USERNAME, password: KAFKA_PASSWORD },
  logLevel: kafkajs.logLevel.ERROR,
});
const consumer = kafka.consumer({ groupId: GROUP });
await consumer.connect();
await consumer.subscribe({ topics: [TOPIC], fromBeginning: true });

// At least once: an event may come again after a rebalance. A warehouse would let its primary key decide.
const seen = new Set();
const done = Promise.withResolvers();
await consumer.run({
  async eachMessage({ message: { headers, value } }) {
    const id = String(headers.ce_id);
    if (seen.has(id)) return;
    seen.add(id);
    console.log(JSON.stringify({ id, type: String(headers.ce_type), schema: String(headers.ce_dataschema), ...JSON.parse(String(value)) }));
    if (seen.size >= Number(EVENTS_MAX)) done.resolve();
  },
});
await done.promise;
await consumer.disconnect();
