// `ops token --role R`: a token signed with the installation's own key, and nothing else on stdout.
// Works beside a running server: it reads the key and touches nothing else.
import { type Command, Option } from 'commander';
import { isSystem, SOURCE_SYSTEMS } from '@app/domain';
import { type Config, issueToken, isSubject, openTokenKey, ROLES, type Role } from '@app/wiring';
import { WrongUsage } from './failure';
import { print, printJson } from './print';

interface TokenOptions {
  role: Role;
  sub?: string;
  system?: string;
  pii?: boolean;
  days: string;
  json?: boolean;
}

export function addTokenCommand(program: Command, config: () => Config): void {
  program
    .command('token')
    .description('print a token of this installation')
    .addOption(new Option('--role <role>', 'role of the API').choices(ROLES).makeOptionMandatory())
    .option('--sub <id>', 'staff id or name of the caller (default: the role, or the system)')
    .option('--system <code>', 'the system that a token of role integration may send for')
    .option('--pii', 'show personal data unmasked')
    .option('--json', 'print JSON')
    .option('--days <n>', 'days until it expires', '30')
    .action(async ({ role, sub, system, pii, days, json }: TokenOptions) => {
      if (role === 'integration' && system === undefined) throw new WrongUsage("A token of role integration names its system: --system TB.");
      if (role !== 'integration' && system !== undefined) throw new WrongUsage(`--system goes with --role integration; ${role} is bound to no system.`);
      if (system !== undefined && !isSystem(system)) throw new WrongUsage(`There is no source system '${system}'. Name one of ${SOURCE_SYSTEMS.map(({ code }) => code).join(', ')}.`);
      if (sub !== undefined && !isSubject(sub)) throw new WrongUsage('--sub takes 1 to 200 characters, and not only blanks: what the caller does is recorded under that name.');
      if (!/^[1-9]\d{0,3}$/.test(days)) throw new WrongUsage(`--days takes a whole number from 1 to 9999, not '${days}'.`);
      const claims = { sub: sub ?? system ?? role, roles: [role], ...(system === undefined ? {} : { system }), ...(pii === true ? { pii } : {}) };
      const token = await issueToken(await openTokenKey(config()), claims, new Date(), Number(days) * 86_400);
      if (json === true) printJson({ token, ...claims });
      else print(token);
    });
}
