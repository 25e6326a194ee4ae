import { Tabs } from '@mantine/core';
import { CodeBlock } from '../../components/copy.tsx';

const KEPT_ELSEWHERE = 'process.env.WAGGLE_WEBHOOK_SECRET';

/** The path that the receiver serves, from the URL that was registered. */
function pathOf(url: string): string {
  return URL.canParse(url) ? new URL(url).pathname : '/';
}

const node = (url: string) => `import { createHmac, timingSafeEqual } from 'node:crypto';
import express from 'express';

const secret = ${KEPT_ELSEWHERE};

// ${url}
express()
  .post('${pathOf(url)}', express.raw({ type: '*/*' }), (request, response) => {
    const expected = createHmac('sha256', secret).update(request.body).digest('hex');
    const given = request.get('X-Buffy-Signature') ?? '';
    const isGood = given.length === expected.length && timingSafeEqual(Buffer.from(given), Buffer.from(expected));
    if (!isGood) return response.status(401).end();
    const event = JSON.parse(request.body);
    response.status(200).end(); // first the answer, then the work: within five seconds
    console.log(event.event, event.user_id);
  })
  .listen(9000);`;

const python = (url: string) => `import hashlib, hmac, os
from flask import Flask, abort, request

secret = os.environ["WAGGLE_WEBHOOK_SECRET"].encode()
app = Flask(__name__)

# ${url}
@app.post("${pathOf(url)}")
def hook():
    expected = hmac.new(secret, request.get_data(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, request.headers.get("X-Buffy-Signature", "")):
        abort(401)
    event = request.get_json()
    print(event["event"], event["user_id"])
    return "", 200`;

const openssl = (secret: string) => `# body.json: the exact bytes that came
openssl dgst -sha256 -hmac '${secret}' -hex < body.json
# compare with the header X-Buffy-Signature`;

export function VerifySamples({ secret, url }: { secret: string | null; url: string }) {
  const samples = [['Node.js', node(url)], ['Python', python(url)], ['Shell', openssl(secret ?? '$WAGGLE_WEBHOOK_SECRET')]] as const;
  return (
    <Tabs defaultValue="Node.js" keepMounted={false}>
      <Tabs.List>{samples.map(([name]) => <Tabs.Tab key={name} value={name}>{name}</Tabs.Tab>)}</Tabs.List>
      {samples.map(([name, text]) => <Tabs.Panel key={name} value={name} pt="md"><CodeBlock text={text} what={`${name} sample`} /></Tabs.Panel>)}
    </Tabs>
  );
}
