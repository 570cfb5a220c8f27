export { Database, openDatabase, type OpenOptions, type RunResult, SqliteError, type SqliteValue, Statement } from './sqlite';
