import { useEffect, useState } from 'react';

/**
 * What a computation comes to, with the last value until then. For what is computed from secrets: they must not be keys of the query cache.
 * `compute` has to stay the same function while what it uses does (`useCallback`).
 */
export function useComputed<Value>(compute: () => Promise<Value>): { value: Value | null; error: unknown } {
  const [computed, setComputed] = useState<{ value: Value | null; error: unknown }>({ value: null, error: null });
  useEffect(() => {
    let isCurrent = true;
    compute().then(
      (value) => isCurrent && setComputed({ value, error: null }),
      (error: unknown) => isCurrent && setComputed({ value: null, error }),
    );
    return () => { isCurrent = false; };
  }, [compute]);
  return computed;
}
