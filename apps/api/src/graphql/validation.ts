// Inputs are checked by their class-validator rules; what is wrong is said field by field as BAD_USER_INPUT.
// Scalars are checked by their GraphQL types already and pass untouched.
import { ValidationPipe } from '@nestjs/common';
import type { ValidationError } from 'class-validator';
import { badInput } from '../rejection.presenter';

export function inputValidation(): ValidationPipe {
  return new ValidationPipe({ transform: true, exceptionFactory: (errors) => badInput(sentences(errors, '').join(' ')) });
}

function sentences(errors: readonly ValidationError[], prefix: string): string[] {
  return errors.flatMap(({ property, constraints, children }) => [
    ...Object.values(constraints ?? {}).map((text) => `${prefix}${text}.`),
    ...sentences(children ?? [], `${prefix}${property}.`),
  ]);
}
