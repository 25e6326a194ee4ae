import type { Attempt, deliveryDetail, deliveryView } from '@waggle/contracts';

/** One event for one endpoint, as lists show it. */
export type Delivery = (typeof deliveryView)['_zod']['output'];
/** With the exact body and every attempt. */
export type DeliveryDetail = (typeof deliveryDetail)['_zod']['output'];
export type { Attempt };
