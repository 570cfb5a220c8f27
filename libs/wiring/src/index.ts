export { type Config, readConfig } from './config';
export { DispatchCommand } from './dispatch-command.handler';
export { DataDirectoryInUse } from '@app/event-store';
export { openOrderTrail, type OrderTrail, type Surroundings } from './open-ordertrail';
export { OrderTrailModule } from './ordertrail.module';
export { ORDERTRAIL } from './ordertrail.token';
export { PROJECTIONS } from './registry';
export { openSecrets } from './secrets';
export { issueToken, type Role, ROLES, TOKEN_ISSUER } from './tokens';
