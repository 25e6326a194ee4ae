import { CodeBlock } from './copy.tsx';
import { prettyJson } from './format.ts';
import classes from './json-view.module.css';

const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(true|false|null)\b|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/g;

/** A payload, laid out and coloured; copied as it came. Beyond this many characters it is only laid out. */
const COLOURED_MAX = 40_000;

export function JsonView({ text, what }: { text: string; what: string }) {
  const pretty = prettyJson(text);
  return <CodeBlock text={text} what={what}>{pretty.length > COLOURED_MAX ? pretty : colour(pretty)}</CodeBlock>;
}

function colour(pretty: string) {
  const parts = [];
  let from = 0;
  for (const match of pretty.matchAll(TOKEN)) {
    const [whole, text, colon, word] = match;
    parts.push(pretty.slice(from, match.index));
    const kind = text === undefined ? (word === undefined ? 'number' : 'word') : colon === undefined ? 'text' : 'key';
    parts.push(<span key={match.index} className={classes[kind]}>{text ?? whole}</span>, colon ?? '');
    from = match.index + whole.length;
  }
  return [...parts, pretty.slice(from)];
}
