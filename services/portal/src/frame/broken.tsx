import { Button } from '@mantine/core';
import { Page } from '../components/page.tsx';
import { Empty } from '../components/states.tsx';

/** A page that threw, or whose part of the application is no longer there: a new version was rolled out meanwhile. */
export function Broken() {
  return (
    <Page title="This page broke" trail={[]}>
      <Empty title="It could not be shown" action={<Button onClick={() => location.reload()}>Reload</Button>}>Perhaps the portal was updated meanwhile. Reload it; nothing that you have saved is lost.</Empty>
    </Page>
  );
}
