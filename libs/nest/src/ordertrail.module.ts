// The opened product as a Nest module: everything that resolvers and controllers ask for comes from here.
// It opens and closes nothing: whoever opened the product closes it.
import type { OrderTrail } from '@app/wiring';
import { type DynamicModule, Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { DispatchCommandHandler } from './dispatch-command.handler';
import { ORDERTRAIL } from './ordertrail.token';

@Module({})
export class OrderTrailModule {
  static with(orderTrail: OrderTrail): DynamicModule {
    return {
      module: OrderTrailModule,
      global: true,
      imports: [CqrsModule.forRoot()],
      providers: [{ provide: ORDERTRAIL, useValue: orderTrail }, DispatchCommandHandler],
      exports: [ORDERTRAIL, CqrsModule],
    };
  }
}
