import { createRequire } from 'node:module';
import { isPlain, writeProduceRequest, type ProduceParameters } from './produce-request.ts';

/** Of KafkaJS' inner modules, what stands in for its own encoding; its version is pinned, and its requests are looked up at each call. */
interface ProduceRequests {
  protocol(api: { version: number }): (parameters: ProduceParameters) => { request: { encode(): Promise<Encoded> }; response: unknown };
}
interface Encoded {
  buf: Buffer;
  offset: number;
}

const require = createRequire(import.meta.url);
const produceRequests: ProduceRequests = require('kafkajs/src/protocol/requests/produce');
const Encoder: new (capacity: number) => Encoded = require('kafkajs/src/protocol/encoder');

const FIRST_WITH_RECORD_BATCHES = 3;
let isDone = false;

/** From now on KafkaJS' producers in this process have their requests written by `writeProduceRequest`, where it can. ADR 23 says why. */
export function speedUpProducers(): void {
  if (isDone) return;
  isDone = true;
  const { protocol } = produceRequests;
  produceRequests.protocol = ({ version }) => (parameters) => {
    const made = protocol({ version })(parameters);
    if (version < FIRST_WITH_RECORD_BATCHES || !isPlain(parameters)) return made;
    return { ...made, request: { ...made.request, encode: async () => encode(parameters) } };
  };
}

function encode(parameters: ProduceParameters): Encoded {
  const buf = writeProduceRequest(parameters, Date.now());
  return Object.assign(new Encoder(0), { buf, offset: buf.length });
}
