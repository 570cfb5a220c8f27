// The opened product for Nest: the module that hands it out, and the bus's command.
// An entrance of its own, so that commands that serve nothing load no framework.
export { DispatchCommand } from './dispatch-command.handler';
export { OrderTrailModule } from './ordertrail.module';
export { ORDERTRAIL } from './ordertrail.token';
