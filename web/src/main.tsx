// SPDX-License-Identifier: Apache-2.0
import { render } from 'preact';
import { App } from './app';
import { listenToKeys } from './commands';
import { Shell } from './panels/shell';

const app = new App();
render(<Shell app={app} />, document.getElementById('app') as HTMLElement);
listenToKeys(app);
app.session.view.surface.focus();
// For tests and for whoever looks into the page: state to read and wait on.
(window as unknown as { nodal: App }).nodal = app;
void app.start();
