using System.Diagnostics;
using NetSniff.Cli;
using NetSniff.Cli.Commands;
using NetSniff.Cli.Commands.Read;
using NetSniff.Cli.Commands.Live;
using NetSniff.Cli.Plugin;
using NetSniff.Native;
using NetSniff.Protocols;

if (args is not ["read" or "live", ..] || args.Any(WholeProgram.IsNeededFor)) return WholeProgram.Become(args);

// Every record kind gets its number before anything asks for one.
var kinds = Protocols.Records.Count;
Debug.Assert(kinds > 0);
return CommandLine.Run(
    args, Terminal.Standard(), listens: true,
    static runner => new(CommandList.About) { ReadCommand.Make(runner), LiveCommand.Make(runner) });
