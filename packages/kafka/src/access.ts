import type { Logger } from '@waggle/runtime';
import kafkajs, { type AclEntry, type AclOperationTypes, type AclResourceTypes } from 'kafkajs';
import { connectKafka, type KafkaSettings } from './connection.ts';

// Node finds only some of the names that this CommonJS module exports.
const { AclOperationTypes: Operation, AclPermissionTypes: Permission, AclResourceTypes: Resource, ResourcePatternTypes: Pattern } = kafkajs;

interface ReadAccess {
  user: string;
  topicPrefix: string;
  groupPrefix: string;
}

/** Lets `user` read topics and use consumer groups by prefix, and nothing else: the broker denies what no rule allows. Repeatable. */
export async function grantReadOnly(settings: KafkaSettings, logger: Logger, { user, topicPrefix, groupPrefix }: ReadAccess): Promise<void> {
  const rule = (resourceType: AclResourceTypes, resourceName: string, operation: AclOperationTypes): AclEntry => ({
    resourceType,
    resourceName,
    resourcePatternType: Pattern.PREFIXED,
    principal: `User:${user}`,
    host: '*',
    operation,
    permissionType: Permission.ALLOW,
  });
  const admin = connectKafka(settings, logger).admin();
  await admin.connect();
  try {
    await admin.createAcls({
      acl: [
        rule(Resource.TOPIC, topicPrefix, Operation.READ),
        rule(Resource.TOPIC, topicPrefix, Operation.DESCRIBE),
        rule(Resource.GROUP, groupPrefix, Operation.READ),
      ],
    });
  } finally {
    await admin.disconnect();
  }
}
