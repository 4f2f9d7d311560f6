using System.Diagnostics;
using NetSniff.Cli;
using NetSniff.Cli.Commands;
using NetSniff.Cli.Plugin;
using NetSniff.Protocols;

// Every record kind gets its number before anything asks for one.
var kinds = Protocols.Records.Count;
Debug.Assert(kinds > 0);
return CommandList.Run(args, Terminal.Standard() with { Program = ProgramName.OfProcess() }, listens: true);
