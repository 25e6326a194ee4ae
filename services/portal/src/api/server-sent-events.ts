export interface ServerSentEvent {
  id: string | null;
  event: string;
  data: string;
}

/** Takes a stream of text apart (WHATWG HTML §9.2.6), wherever its pieces happen to end. `EventSource` cannot send an Authorization header. */
export function createEventParser(onEvent: (event: ServerSentEvent) => void): (text: string) => void {
  let rest = '';
  let [id, event, data]: [string | null, string, string[]] = [null, 'message', []];

  function take(line: string) {
    if (line === '') {
      if (data.length > 0) onEvent({ id, event, data: data.join('\n') });
      [event, data] = ['message', []];
      return;
    }
    const [, name = '', value = ''] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
    if (name === 'data') data.push(value);
    if (name === 'event') event = value;
    if (name === 'id') id = value;
  }

  return (text) => {
    const lines = (rest + text).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    for (const line of lines) take(line);
  };
}
