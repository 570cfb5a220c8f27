// Questions about exception cases and the SOPs that they are under, and telling of cases that change.
// Nothing is decided here.
import { type ExceptionRow, exceptions } from '@app/projections';
import { ORDERTRAIL } from '@app/nest';
import type { OrderTrail, Role } from '@app/wiring';
import { Inject } from '@nestjs/common';
import { Args, Context, ID, Info, Int, Query, Resolver, Subscription } from '@nestjs/graphql';
import type { GraphQLResolveInfo } from 'graphql';
import { Allow, EVERYTHING } from '../access/caller';
import type { AnswerView } from '../graphql/answer-view';
import { connection, NO_PAGE, otherCursor, pageSize } from '../graphql/pages';
import type { RequestContext } from '../graphql/request-context';
import { rowChanges, stillAdmitted } from '../graphql/row-changes';
import { checked } from '../graphql/validation';
import { presentSop } from './exception.presenter';
import { ExceptionReader } from './exception-reader';
import { countExceptions, exceptionFilter, NEWEST_FIRST } from './exception-search';
import { ExceptionCaseType, ExceptionConnectionType, ExceptionFilterInput, SopType } from './exception.types';

const CASE_READERS: readonly Role[] = [...EVERYTHING, 'frontline', 'csr'];

@Resolver()
export class ExceptionsResolver {
  constructor(
    @Inject(ORDERTRAIL) private readonly orderTrail: OrderTrail,
    private readonly cases: ExceptionReader,
  ) {}

  @Query(() => ExceptionCaseType, { nullable: true })
  @Allow(CASE_READERS)
  async exception(@Args('exceptionId', { type: () => ID }) exceptionId: string, @Context() context: RequestContext, @Info() info: GraphQLResolveInfo): Promise<ExceptionCaseType | null> {
    const row = await this.cases.byId(exceptionId);
    return row === undefined ? null : this.presentOne(row, this.cases.view(context.caller!, info));
  }

  @Query(() => ExceptionConnectionType, { name: 'exceptions' })
  @Allow(CASE_READERS)
  async list(
    @Args('filter', { type: () => ExceptionFilterInput, nullable: true }, checked(ExceptionFilterInput)) filter: ExceptionFilterInput | null,
    @Args('first', { type: () => Int, nullable: true, defaultValue: 50 }) first: number | null,
    @Args('after', { type: () => String, nullable: true }) after: string | null,
    @Context() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<ExceptionConnectionType> {
    const limit = pageSize(first);
    const view = this.cases.view(context.caller!, info, 'edges.node.');
    const wanted = exceptionFilter(filter ?? {}, view.now);
    if (wanted === undefined) return connection(NO_PAGE, [], 0);
    const { rows } = this.orderTrail;
    const page = await rows.find<ExceptionRow>(exceptions.name, { ...wanted, sort: NEWEST_FIRST, limit, ...(after == null ? {} : { after }) }).catch(otherCursor);
    const nodes = await this.cases.present(page.rows.map(({ row }) => row), view);
    const totalCount = view.selected.has('totalCount') ? await countExceptions(rows, filter ?? {}, view.now) : 0;
    return connection(page, nodes, totalCount);
  }

  @Query(() => [SopType])
  @Allow(CASE_READERS)
  async sops(): Promise<SopType[]> {
    const library = (await this.orderTrail.exceptions.libraries()).at(-1);
    return library === undefined ? [] : library.sops.map((sop) => presentSop(sop, library.version));
  }

  @Subscription(() => ExceptionCaseType)
  @Allow(CASE_READERS)
  exceptionChanged(@Context() context: RequestContext, @Info() info: GraphQLResolveInfo): AsyncIterable<{ exceptionChanged: ExceptionCaseType }> {
    const caller = context.caller!;
    stillAdmitted(this.orderTrail, caller);
    return rowChanges(this.orderTrail, {
      projection: exceptions.name,
      caller,
      tell: async (exceptionId) => {
        const found = await this.orderTrail.rows.get<ExceptionRow>(exceptions.name, exceptionId);
        return found === undefined ? undefined : { exceptionChanged: await this.presentOne(found.row, this.cases.view(caller, info)) };
      },
    });
  }

  private async presentOne(row: ExceptionRow, view: AnswerView): Promise<ExceptionCaseType> {
    return (await this.cases.present([row], view))[0]!;
  }
}
