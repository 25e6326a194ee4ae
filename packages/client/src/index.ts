export * from './canonical-json.ts';
export * from './inapp-sender.ts';
export * from './inapp-signature.ts';
export * from './webhook-signature.ts';
