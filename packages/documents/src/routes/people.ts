import {
  apiKeyView, auditEntryView, auditListQuery, authMe, createPortalSessionBody, createSystemKeyBody, createUserKeyBody, exchangePortalCodeBody, pageQuery, portalSessionView, portalTokenView,
  settingsBody, settingsView, userView,
} from '@waggle/contracts';
import { accepted } from './inbound.ts';
import { listOf, type RouteTable } from './route.ts';

export const PEOPLE_ROUTES: RouteTable = {
  'GET /v1/users': { summary: 'List users', query: pageQuery, answers: { 200: listOf(userView) } },
  'GET /v1/users/{id}': { summary: 'Read a user', answers: { 200: userView } },
  'DELETE /v1/users/{id}': { summary: 'Erase a user', description: 'In every service. The operation is complete when each has reported.', answers: { 202: accepted } },
  'GET /v1/users/{id}/settings': { summary: "Read a user's settings", answers: { 200: settingsView } },
  'PUT /v1/users/{id}/settings': { summary: "Change a user's settings", description: 'What is left out stays. A system key creates the user.', body: settingsBody, answers: { 200: settingsView } },
  'POST /v1/users/{id}/api-keys': { summary: 'Create a key of a user', body: createUserKeyBody, answers: { 201: apiKeyView } },
  'GET /v1/users/{id}/api-keys': { summary: "List a user's keys", query: pageQuery, answers: { 200: listOf(apiKeyView) } },
  'POST /v1/api-keys': { summary: 'Create a system key', body: createSystemKeyBody, answers: { 201: apiKeyView } },
  'GET /v1/api-keys': { summary: 'List system keys', query: pageQuery, answers: { 200: listOf(apiKeyView) } },
  'DELETE /v1/api-keys/{id}': { summary: 'Revoke a key', answers: { 204: null }, problems: ['already_revoked'] },
  'GET /v1/auth/me': { summary: 'Who this key is', answers: { 200: authMe } },
  'GET /v1/audit-log': { summary: 'What was administered, newest first', query: auditListQuery, answers: { 200: listOf(auditEntryView) } },
  'POST /v1/portal-sessions': { summary: 'Let a browser into the portal', body: createPortalSessionBody, answers: { 201: portalSessionView }, problems: ['not_found'], headers: ['X-Buffy-User-ID'] },
  'POST /v1/portal-sessions/exchange': { summary: 'Exchange the code of a portal session for its token', body: exchangePortalCodeBody, answers: { 200: portalTokenView }, auth: 'none' },
};
