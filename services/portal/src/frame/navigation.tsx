import { Button, SegmentedControl, useMantineColorScheme } from '@mantine/core';
import { IconActivity, IconBook2, IconKey, IconListDetails, IconLogout, IconSend, IconTrophy, IconWebhook } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useMe } from '../api/queries.ts';
import { endSession } from '../api/session.ts';
import { Moment } from '../components/moment.tsx';
import logo from '../logo.svg';
import { FindById } from './find-by-id.tsx';
import classes from './frame.module.css';

const GROUPS = [
  {
    label: 'Settings · Developer',
    links: [
      { to: '/settings/developer/webhooks', text: 'Webhooks', Icon: IconWebhook, isForUsers: true },
      { to: '/settings/developer/deliveries', text: 'Deliveries', Icon: IconSend, isForUsers: true },
      { to: '/settings/developer/events', text: 'Event log', Icon: IconListDetails, isForUsers: true },
      { to: '/settings/developer/api-keys', text: 'API keys', Icon: IconKey, isForUsers: true },
      { to: '/settings/developer/samples', text: 'Docs & samples', Icon: IconBook2, isForUsers: true },
    ],
  },
  {
    label: 'Behavior',
    links: [
      { to: '/activities', text: 'Activities', Icon: IconActivity, isForUsers: true },
      { to: '/campaigns', text: 'Campaigns', Icon: IconTrophy, isForUsers: false },
    ],
  },
] as const;

export function Brand() {
  return <Link to="/settings/developer/webhooks" className={classes.brand}><img src={logo} alt="" width={26} height={26} />Waggle</Link>;
}

export function Navigation() {
  const me = useMe();
  return (
    <div className={classes.nav}>
      <FindById />
      <nav aria-label="Main" className={classes.groups}>
        {GROUPS.map(({ label, links }) => (
          <div key={label} className={classes.group}>
            <div className={classes.label}>{label}</div>
            {links.filter(({ isForUsers }) => isForUsers || me?.user_id === null).map(({ to, text, Icon }) => (
              <Link key={to} to={to} className={classes.link} activeOptions={{ includeSearch: false }}><Icon size={18} stroke={1.7} aria-hidden="true" />{text}</Link>
            ))}
          </div>
        ))}
      </nav>
      <div className={classes.foot}>
        <Scope />
        <SchemeSwitch />
        <Button variant="default" size="xs" leftSection={<IconLogout size={15} />} onClick={() => endSession()}>Sign out</Button>
      </div>
    </div>
  );
}

/** As whom: everything that follows is seen with these eyes. */
function Scope() {
  const me = useMe();
  if (me === undefined) return <div className={classes.who} />;
  return (
    <div className={classes.who}>
      <div><strong className="break">{me.user_id ?? 'Whole workspace'}</strong></div>
      <div className="muted break">{me.label}</div>
      <div className="muted break"><code>{me.workspace_id}</code></div>
      {me.expires_at !== null && <div className="muted">until <Moment at={me.expires_at} /></div>}
    </div>
  );
}

function SchemeSwitch() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const choices = [{ value: 'light', label: 'Light' }, { value: 'dark', label: 'Dark' }, { value: 'auto', label: 'Auto' }];
  return (
    <SegmentedControl
      size="xs" fullWidth aria-label="Colours" data={choices} value={colorScheme}
      onChange={(value) => setColorScheme(value === 'light' || value === 'dark' ? value : 'auto')}
    />
  );
}
