import type { Logger } from '@waggle/runtime';
import { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes, type AclEntry } from 'kafkajs';
import { connectKafka, type KafkaSettings } from './connection.ts';

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
    resourcePatternType: ResourcePatternTypes.PREFIXED,
    principal: `User:${user}`,
    host: '*',
    operation,
    permissionType: AclPermissionTypes.ALLOW,
  });
  const admin = connectKafka(settings, logger).admin();
  await admin.connect();
  try {
    await admin.createAcls({
      acl: [
        rule(AclResourceTypes.TOPIC, topicPrefix, AclOperationTypes.READ),
        rule(AclResourceTypes.TOPIC, topicPrefix, AclOperationTypes.DESCRIBE),
        rule(AclResourceTypes.GROUP, groupPrefix, AclOperationTypes.READ),
      ],
    });
  } finally {
    await admin.disconnect();
  }
}
