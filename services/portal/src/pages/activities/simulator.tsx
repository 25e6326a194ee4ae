import { IconActivity } from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import type { ActivityView, OperationAnswer } from '@waggle/contracts';
import { call, list } from '../../api/call.ts';
import { Card } from '../../components/card.tsx';
import { Columns } from '../../components/columns.tsx';
import { LinkButton } from '../../components/link-button.tsx';
import { Page } from '../../components/page.tsx';
import { Bones, Empty, Failure } from '../../components/states.tsx';
import { InboundRequest } from './inbound-request.tsx';
import { Journey } from './journey.tsx';
import { useChosenUser, UserChoice } from './user-choice.tsx';

const FROM = '/activities/simulator';
const TRAIL = ['Behavior', <Link key="activities" to="/activities">Activities</Link>];

/** What a partner's server would send, and what becomes of it, step by step. */
export function Simulator() {
  const { user_id: chosen } = useSearch({ from: FROM });
  const navigate = useNavigate({ from: FROM });
  const { userId, users, isWorkspace } = useChosenUser(chosen);
  const choice = isWorkspace && <UserChoice userId={userId} known={users.data ?? []} onChange={(user_id) => void navigate({ search: { user_id }, replace: true })} />;
  return (
    <Page title="Simulator" trail={TRAIL} lead="Sends an inbound webhook as your server would, and follows it to your receivers.">
      {users.isError && <Failure error={users.error} onRetry={() => users.refetch()} />}
      {userId === undefined
        ? <>{choice}<Empty title="No user to act for" icon={<IconActivity size={24} />} action={<LinkButton to="/activities">To the activities</LinkButton>}>Create an activity first: its user comes with it.</Empty></>
        : <Sending key={userId} userId={userId} choice={choice} />}
    </Page>
  );
}

interface Sent {
  answer: OperationAnswer;
  tookMs: number;
  sentAt: string;
}

function Sending({ userId, choice }: { userId: string; choice: React.ReactNode }) {
  const activities = useQuery({
    queryKey: ['activities', 'active', userId], queryFn: async ({ signal }) => (await list<ActivityView>('/v1/activities', { user_id: userId, status: 'active', limit: 200 }, signal)).data,
  });
  const sending = useMutation({ mutationFn: (body: object) => send(body) });
  if (activities.isPending) return <Bones rows={2} height={200} />;
  if (activities.isError) return <>{choice}<Failure error={activities.error} onRetry={() => activities.refetch()} /></>;
  return (
    <Columns wide="right">
      <Card title="Request" about={<code>POST /v1/webhooks/inbound</code>}>
        {choice}
        <InboundRequest activities={activities.data} userId={userId} isPending={sending.isPending} onSend={sending.mutate} />
      </Card>
      <Card title="What becomes of it">
        {sending.isError && <Failure error={sending.error} />}
        {sending.isIdle && <Empty title="Nothing sent yet" isInner>Send it: the answer, the event, its place in the log and every delivery appear here.</Empty>}
        {sending.data !== undefined && <Journey key={sending.data.answer.operation_id} {...sending.data} userId={userId} />}
      </Card>
    </Columns>
  );
}

async function send(body: object): Promise<Sent> {
  const [startedAt, sentAt] = [performance.now(), new Date().toISOString()];
  const answer = await call<OperationAnswer>('/v1/webhooks/inbound', { method: 'POST', body });
  return { answer, tookMs: Math.round(performance.now() - startedAt), sentAt };
}
