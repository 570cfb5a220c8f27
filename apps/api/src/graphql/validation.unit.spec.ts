// Every input object that a resolver takes is checked by its rules, whether it stands alone, may be null, or comes in a list.
import 'reflect-metadata';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants';
import { getMetadataStorage } from 'class-validator';
import { RESOLVERS } from '../api.module';
import { ApprovalTaskFilterInput } from '../approvals/approval.types';
import { ApprovalRuleInput } from '../approvals/policy.types';
import { checked } from './validation';

const METADATA = { type: 'body', data: undefined } as const;
const RULE = { name: 'all', when: 'true', steps: [] };

it('bounds lists and what may be null', async () => {
  const rules = checked(ApprovalRuleInput);
  await expect(rules.transform([RULE, { ...RULE, name: 'n'.repeat(201) }], METADATA)).rejects.toMatchObject({ extensions: { code: 'BAD_USER_INPUT' }, message: 'name must be shorter than or equal to 200 characters.' });
  await expect(rules.transform([{ ...RULE, steps: [{ role: 'finance', mode: 'QUORUM', needed: 1_001 }] }], METADATA)).rejects.toMatchObject({ message: expect.stringMatching(/^steps\.0\.needed must not be greater than 1000/) });
  expect(await rules.transform([RULE], METADATA)).toEqual([RULE]);
  const filter = checked(ApprovalTaskFilterInput);
  await expect(filter.transform({ role: 'r'.repeat(201) }, METADATA)).rejects.toMatchObject({ extensions: { code: 'BAD_USER_INPUT' } });
  expect(filter.transform(null, METADATA)).toBeNull();
});

/** An argument as its decorator was given it. */
interface Argument {
  index: number;
  typeFn?: () => unknown;
}

it('no argument of a resolver escapes its rules', () => {
  const withRules: string[] = [];
  const unchecked: string[] = [];
  for (const resolver of RESOLVERS) {
    for (const method of Object.getOwnPropertyNames(resolver.prototype)) {
      const told = (Reflect.getMetadata('design:paramtypes', resolver.prototype, method) ?? []) as unknown[];
      const given = Object.values((Reflect.getMetadata(ROUTE_ARGS_METADATA, resolver, method) ?? {}) as Record<string, { index: number; pipes: unknown[] }>);
      for (const { index, typeFn } of (Reflect.getMetadata('graphql:args_type', resolver, method) ?? []) as Argument[]) {
        const type = [typeFn?.()].flat()[0];
        if (typeof type !== 'function' || getMetadataStorage().getTargetValidationMetadatas(type, '', false, false).length === 0) continue;
        const argument = `${resolver.name}.${method} ${type.name}`;
        withRules.push(argument);
        if (told[index] !== type && !given.some((one) => one.index === index && one.pipes.length > 0)) unchecked.push(argument);
      }
    }
  }
  expect(withRules).toEqual(expect.arrayContaining(['OrdersResolver.list OrderFilterInput', 'PolicyResolver.publishApprovalPolicy ApprovalRuleInput']));
  expect(unchecked).toEqual([]);
});
