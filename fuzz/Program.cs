using NetSniff.Fuzz;
using NetSniff.Fuzz.Fuzzing;
using NetSniff.Fuzz.Matrix;
using NetSniff.Fuzz.Peers;
using NetSniff.Fuzz.Storm;
using NetSniff.Fuzz.Swarm;
using NetSniff.Fuzz.Torture;
using NetSniff.Fuzz.Variants;

Asserts.Throw();
var options = new Arguments(args);
return options.Verb switch
{
    "run" => FuzzCommand.Run(options),
    FuzzCommand.WorkVerb => FuzzCommand.Work(options),
    "replay" => FuzzCommand.Replay(options),
    "torture" => TortureCommand.Run(options),
    "variants" => VariantsCommand.Run(options),
    "matrix" => MatrixCommand.Run(options),
    "diff" => PeerCommand.Run(options),
    "storm" => StormCommand.Run(options),
    "swarm" => SwarmCommand.Run(options),
    "attend" => AttendCommand.Run(options),
    "stage" => StormCommand.Stage(options),
    _ => Arguments.Refuse("run, replay FILE, torture, variants, matrix, diff, storm, swarm, attend or stage"),
};
