import { Page } from '../components/page.tsx';
import { Empty } from '../components/states.tsx';
import { LinkButton } from '../components/link-button.tsx';

export function NotFound() {
  return (
    <Page title="Nothing is here" trail={[]}>
      <Empty title="The portal has no such page" action={<LinkButton to="/settings/developer/webhooks" variant="default">To the webhooks</LinkButton>}>The address may be mistyped, or from a later version.</Empty>
    </Page>
  );
}
