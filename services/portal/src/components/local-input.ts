/** The value of a `datetime-local` field: wall-clock time in the viewer's zone. */
export function toLocalInput(date: Date): string {
  const parts = [date.getFullYear(), date.getMonth() + 1, date.getDate(), date.getHours(), date.getMinutes()].map((part) => String(part).padStart(2, '0'));
  return `${parts.slice(0, 3).join('-')}T${parts.slice(3).join(':')}`;
}

export const fromLocalInput = (value: string): string => new Date(value).toISOString();
