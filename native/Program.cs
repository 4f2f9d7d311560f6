using System.Diagnostics;
using NetSniff.Cli;
using NetSniff.Cli.Commands;
using NetSniff.Cli.Commands.Interfaces;
using NetSniff.Cli.Commands.Live;
using NetSniff.Cli.Commands.Read;
using NetSniff.Cli.Plugin;
using NetSniff.Native;
using NetSniff.Protocols;

if (args is not ["read" or "live" or "interfaces", ..] || args.Any(WholeProgram.IsNeededFor))
{
    return WholeProgram.Become(args);
}

// Every record kind gets its number before anything asks for one.
var kinds = Protocols.Records.Count;
Debug.Assert(kinds > 0);
return CommandLine.Run(
    args, Terminal.Standard(), listens: true,
    static runner => new(CommandList.About)
    {
        // What `interfaces` says of rights is true of the program that `live` is.
        ReadCommand.Make(runner), LiveCommand.Make(runner), InterfacesCommand.Make(runner),
    });
