import express from 'express';
import { Kafka, Partitioners, logLevel, type Message } from 'kafkajs';

// What the in-app endpoint is measured against: Express and KafkaJS, nothing else. All requests of one turn of the event loop go out in one send.
const [broker = '', topic = '', port = ''] = process.argv.slice(2);
const producer = new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING }).producer({ createPartitioner: Partitioners.DefaultPartitioner });
await producer.connect();

let waiting: Message[] = [];
let nextSend = Promise.withResolvers<void>();

function send() {
  const [messages, { resolve, reject }] = [waiting, nextSend];
  waiting = [];
  nextSend = Promise.withResolvers();
  producer.send({ topic, acks: -1, messages }).then(() => resolve(), reject);
}

function publish(message: Message): Promise<void> {
  if (waiting.push(message) === 1) setImmediate(send);
  return nextSend.promise;
}

const app = express().disable('x-powered-by').disable('etag').use(express.json());
app.post('/user/inapp/webhooks', async (request, response) => {
  const { campaign_id, user } = request.body;
  await publish({ key: `${campaign_id}:${user.wallet}`, value: JSON.stringify(request.body) });
  response.json({ status: 200, message: 'Success !' });
});
app.listen(Number(port), '127.0.0.1', () => console.log('ready'));
