namespace NetSniff.Cli.Commands.Sql;

/// <summary>What `netsniff sql -o` takes.</summary>
internal enum SqlFormat : byte { Table, Json, Jsonl, Csv }
