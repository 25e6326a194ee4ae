import { ActionIcon, Drawer } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconMenu2 } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Outlet, useLocation } from '@tanstack/react-router';
import { useEffect } from 'react';
import { meQuery } from '../api/queries.ts';
import { Bones, Failure } from '../components/states.tsx';
import classes from './frame.module.css';
import { Brand, Navigation } from './navigation.tsx';

export function Frame() {
  const [isOpen, { open, close }] = useDisclosure(false);
  const { pathname } = useLocation();
  useEffect(() => close(), [pathname, close]);
  return (
    <div className={classes.frame}>
      <a href="#main" className={classes.skip}>Skip to the page</a>
      <aside className={classes.side}><div className={classes.mark}><Brand /></div><Navigation /></aside>
      <div className={classes.top}>
        <Brand />
        <ActionIcon variant="default" size="lg" aria-label="Open the menu" aria-expanded={isOpen} onClick={open}><IconMenu2 size={18} /></ActionIcon>
      </div>
      <Drawer opened={isOpen} onClose={close} size="17rem" padding={0} lockScroll={false} title="Menu" classNames={{ header: classes.drawer ?? '' }} closeButtonProps={{ 'aria-label': 'Close the menu' }}><Navigation /></Drawer>
      <Content />
    </div>
  );
}

/** Pages ask who is signed in; none is shown before that is known. */
function Content() {
  const me = useQuery(meQuery);
  if (me.isError) return <main id="main" tabIndex={-1} className={classes.waiting}><Failure error={me.error} onRetry={() => me.refetch()} /></main>;
  return me.isPending ? <main id="main" tabIndex={-1} className={classes.waiting}><Bones rows={6} /></main> : <Outlet />;
}
