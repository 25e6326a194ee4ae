export { ROUTES_BY_SUBJECT } from './routes/index.ts';
