namespace NetSniff.Cli.Commands;

/// <summary>What `-o` takes.</summary>
internal enum OutputFormat : byte { Table, Jsonl, Eve, Summary, Pcapng, Batches, None }
