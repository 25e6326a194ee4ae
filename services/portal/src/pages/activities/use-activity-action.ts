import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { ActivityView } from '@waggle/contracts';
import { call } from '../../api/call.ts';

export type ActivityAction = 'complete' | 'skip' | 'snooze' | 'reopen' | 'activate';

const BODIES: Partial<Record<ActivityAction, object>> = { snooze: { snooze_minutes: 30 } };

/** What the board says afterwards is asked anew: a change may move other activities too. */
export function useActivityAction({ id }: Pick<ActivityView, 'id'>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (action: ActivityAction) => call(`/v1/activities/${id}/${action}`, { method: 'POST', body: BODIES[action] ?? {} }),
    onSettled: () => queries.invalidateQueries({ queryKey: ['activities'] }),
  });
}
