// Inputs are checked by their class-validator rules; what is wrong is said field by field as BAD_USER_INPUT.
// Scalars are checked by their GraphQL types already and pass untouched.
import { ValidationPipe } from '@nestjs/common';
import type { ValidationError } from 'class-validator';
import { badInput } from '../rejection.presenter';

const TEXT_LENGTH_MAX = 2_000;

export function inputValidation(): ValidationPipe {
  return new ValidationPipe({ transform: true, exceptionFactory: (errors) => badInput(sentences(errors, '').join(' ')) });
}

function sentences(errors: readonly ValidationError[], prefix: string): string[] {
  return errors.flatMap(({ property, constraints, children }) => [
    ...Object.values(constraints ?? {}).map((text) => `${prefix}${text}.`),
    ...sentences(children ?? [], `${prefix}${property}.`),
  ]);
}

/** The text without blanks around it. Throws BAD_USER_INPUT for one that is empty or too long. */
export function text(name: string, value: string, lengthMax = TEXT_LENGTH_MAX): string {
  const trimmed = value.trim();
  if (trimmed === '' || trimmed.length > lengthMax) throw badInput(`${name} must have 1 to ${lengthMax} characters.`);
  return trimmed;
}
