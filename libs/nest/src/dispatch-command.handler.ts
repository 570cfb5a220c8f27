// The one command of the CQRS bus: a domain command and the stream it is for.
// The bus only dispatches; what happens next follows from the log, never from the bus.
import type { Command } from '@app/kernel';
import type { CommandResult } from '@app/runtime';
import type { OrderTrail } from '@app/wiring';
import { Inject } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ORDERTRAIL } from './ordertrail.token';

export class DispatchCommand {
  constructor(
    readonly stream: string,
    readonly command: Command,
  ) {}
}

@CommandHandler(DispatchCommand)
export class DispatchCommandHandler implements ICommandHandler<DispatchCommand, CommandResult> {
  constructor(@Inject(ORDERTRAIL) private readonly orderTrail: OrderTrail) {}

  execute({ stream, command }: DispatchCommand): Promise<CommandResult> {
    return this.orderTrail.executor.execute(stream, command);
  }
}
