using System.Globalization;
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

    default:
        Console.Error.WriteLine("netsniff-bench mix OUT SECONDS SEED IMPAIRED-PER-MILLE FILE:REPLICAS:PACKETS:STRETCH…");
        return 2;
}
