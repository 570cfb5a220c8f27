// Inputs are checked by their class-validator rules; what is wrong is said field by field as BAD_USER_INPUT.
// Scalars are checked by their GraphQL types already and pass untouched.
import { type PipeTransform, type Type, ValidationPipe, type ValidationPipeOptions } from '@nestjs/common';
import type { ValidationError } from 'class-validator';
import { badInput } from '../rejection.presenter';

const TEXT_LENGTH_MAX = 2_000;

const OPTIONS: ValidationPipeOptions = { transform: true, exceptionFactory: (errors) => badInput(sentences(errors, '').join(' ')) };

export function inputValidation(): ValidationPipe {
  return new ValidationPipe(OPTIONS);
}

/** For an argument that is a list or may be null: what the compiler tells of those names no class, so their rules must be named. */
export function checked(type: Type): PipeTransform {
  const pipe = new ValidationPipe({ ...OPTIONS, expectedType: type });
  return {
    transform: (value: unknown, metadata) => {
      if (value === null || value === undefined) return value;
      return Array.isArray(value) ? Promise.all(value.map((item) => pipe.transform(item, metadata))) : pipe.transform(value, metadata);
    },
  };
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
