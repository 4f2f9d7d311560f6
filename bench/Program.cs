using System.Globalization;
using NetSniff.Bench.Comparing;
using NetSniff.Bench.Inside;
using NetSniff.Bench.Mixing;
using NetSniff.Bench.Storing;
using NetSniff.Bench.Training;

switch (args)
{
    case ["mix", var path, var seconds, var seed, var impaired, var scale, .. var specs]:
        var mixer = new Mixer(
            path,
            double.Parse(seconds, CultureInfo.InvariantCulture),
            int.Parse(seed, CultureInfo.InvariantCulture),
            int.Parse(impaired, CultureInfo.InvariantCulture),
            double.Parse(scale, CultureInfo.InvariantCulture));
        foreach (var spec in specs) mixer.Add(spec);
        var (packets, bytes) = mixer.Write();
        Console.WriteLine($"{path}: {packets} packets, {bytes} bytes, {(double)bytes / packets:F0} a packet");
        return 0;

    case ["compare", var root, var cache]:
        return new BenchRun(root, cache).Compare();

    case ["store", "--clickhouse", var address, var server, var millions, .. var commit]:
        return new StoreBench(address, int.Parse(millions, CultureInfo.InvariantCulture))
        {
            ServerProcess = int.Parse(server, CultureInfo.InvariantCulture),
            CommitRecords = commit.Length == 0 ? 1 << 18 : int.Parse(commit[0], CultureInfo.InvariantCulture),
        }.Run();

    case ["store", var folder, var millions]:
        return new StoreBench(folder, int.Parse(millions, CultureInfo.InvariantCulture)).Run();

    case ["store", var folder, var millions, var commit]:
        return new StoreBench(folder, int.Parse(millions, CultureInfo.InvariantCulture))
        {
            CommitRecords = int.Parse(commit, CultureInfo.InvariantCulture),
        }.Run();

    case ["scaling", var root, var cache]:
        return new BenchRun(root, cache).Scale();

    case ["enrich"]:
        foreach (var busy in (int[])[100, 1_000, 10_000])
        {
            var nanos = Enriching.NanosPerRecord(busy);
            Console.WriteLine($"{busy} pods that talk: {nanos:F1} ns to name both ends of a record");
        }

        return 0;

    case ["findings", var folder, var rules]:
        new RuleFindings(rules).PrintCaptures(folder);
        return 0;

    case ["findings", var strings, var rules, "strings"]:
        new RuleFindings(rules).PrintStrings(strings);
        return 0;

    case ["rules"]:
        RuleCost.Print();
        return 0;

    case ["profiling", var trace, var folder]:
        using (var cost = new ProfilingCost(trace)) return await cost.RunAsync(folder);

    case ["profile", "all" or "ours", var recorded, var made]:
        var profile = new ProfileModule(CountedRun.Read(recorded), onlyOurs: args[1] == "ours");
        profile.Write(made);
        Console.WriteLine($"{made}: {profile.Methods} methods, {profile.Unknown} of them unknown outside of it");
        return 0;

    case ["batches", var path]:
        BatchCost.Print(path);
        return 0;

    case ["warm", var path, var passes, "records" or "batches"]:
        Warm.Run(path, int.Parse(passes, CultureInfo.InvariantCulture), args[3] == "batches");
        return 0;

    case ["keeping", var path, var folder]:
        KeepingCost.Print(path, folder);
        return 0;

    case ["targets", var path]:
        TargetsCost.Print(path);
        return 0;

    default:
        Console.Error.WriteLine(
            """
            netsniff-bench mix OUT SECONDS SEED IMPAIRED-PER-MILLE SCALE FILE:PACKETS:PACKETS-OF-ONE-REPLAY:STRETCH…
            netsniff-bench compare|scaling CHECKOUT CACHE
            netsniff-bench enrich
            netsniff-bench rules
            netsniff-bench findings CAPTURES RULES
            netsniff-bench findings TSV RULES strings
            netsniff-bench profiling FILE PICTURE
            netsniff-bench batches TRACE
            netsniff-bench warm TRACE PASSES records|batches
            netsniff-bench keeping TRACE FOLDER
            netsniff-bench targets TRACE
            netsniff-bench store FOLDER MILLIONS [RECORDS-OF-ONE-COMMIT]
            netsniff-bench store --clickhouse clickhouse://HOST:PORT/DATABASE PID MILLIONS [RECORDS-OF-ONE-COMMIT]
            """);
        return 2;
}
