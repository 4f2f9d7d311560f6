using System.Globalization;
using NetSniff.Bench.Comparing;
using NetSniff.Bench.Inside;
using NetSniff.Bench.Mixing;

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

    case ["scaling", var root, var cache]:
        return new BenchRun(root, cache).Scale();

    case ["profiling", var trace, var picture]:
        using (var cost = new ProfilingCost(trace)) return await cost.RunAsync(picture);

    case ["batches", var path]:
        BatchCost.Print(path);
        return 0;

    case ["warm", var path, var passes, "records" or "batches"]:
        Warm.Run(path, int.Parse(passes, CultureInfo.InvariantCulture), args[3] == "batches");
        return 0;

    default:
        Console.Error.WriteLine(
            """
            netsniff-bench mix OUT SECONDS SEED IMPAIRED-PER-MILLE SCALE FILE:PACKETS:PACKETS-OF-ONE-REPLAY:STRETCH…
            netsniff-bench compare|scaling CHECKOUT CACHE
            netsniff-bench profiling FILE PICTURE
            netsniff-bench batches TRACE
            netsniff-bench warm TRACE PASSES records|batches
            """);
        return 2;
}
