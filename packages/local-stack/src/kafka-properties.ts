interface BrokerPlace {
  /** The address that is listened on; in a container it is not the one that clients are told. */
  listenHost: string;
  ports: KafkaPorts;
  logDirectory: string;
}

export interface KafkaPorts {
  /** Without a password, for this machine's services. */
  internal: number;
  /** For BI, with SCRAM. */
  external: number;
  controller: number;
}

/** One broker that is its own controller, sized for a laptop; waits are short because nobody else votes. */
export function kafkaProperties({ listenHost, ports, logDirectory }: BrokerPlace): string {
  return [
    'process.roles=broker,controller',
    'node.id=1',
    `controller.quorum.voters=1@127.0.0.1:${ports.controller}`,
    `listeners=INTERNAL://${listenHost}:${ports.internal},EXTERNAL://${listenHost}:${ports.external},CONTROLLER://127.0.0.1:${ports.controller}`,
    `advertised.listeners=INTERNAL://127.0.0.1:${ports.internal},EXTERNAL://127.0.0.1:${ports.external}`,
    'listener.security.protocol.map=CONTROLLER:PLAINTEXT,INTERNAL:PLAINTEXT,EXTERNAL:SASL_PLAINTEXT',
    'controller.listener.names=CONTROLLER',
    'inter.broker.listener.name=INTERNAL',
    `log.dirs=${logDirectory}`,
    ...READ_ONLY_OUTSIDE,
    ...ONE_BROKER,
    ...SMALL,
  ].join('\n');
}

// Who comes without a name comes over loopback and may do all; a named user may do what its ACLs say.
const READ_ONLY_OUTSIDE = [
  'sasl.enabled.mechanisms=SCRAM-SHA-512',
  'listener.name.external.sasl.enabled.mechanisms=SCRAM-SHA-512',
  'listener.name.external.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;',
  'authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  'super.users=User:ANONYMOUS',
  'allow.everyone.if.no.acl.found=false',
  'auto.create.topics.enable=false',
];

// The session time-out is how long a broker that was killed is refused when it comes back.
const ONE_BROKER = [
  'offsets.topic.replication.factor=1',
  'offsets.topic.num.partitions=8',
  'transaction.state.log.replication.factor=1',
  'transaction.state.log.min.isr=1',
  'share.coordinator.state.topic.replication.factor=1',
  'share.coordinator.state.topic.min.isr=1',
  'group.initial.rebalance.delay.ms=0',
  'broker.session.timeout.ms=3000',
  'broker.heartbeat.interval.ms=500',
];

// The cleaner alone would take 128 MB of heap.
const SMALL = ['log.cleaner.dedupe.buffer.size=8388608', 'num.network.threads=2', 'num.io.threads=4', 'background.threads=4'];
