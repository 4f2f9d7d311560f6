using System.CommandLine;
using NetSniff.Config;
using NetSniff.Sensor.Keeping;

namespace NetSniff.Cli.Commands;

/// <summary>Whether raw packets are kept, and how many.</summary>
internal sealed class PacketOptions
{
    private static readonly TimeSpan s_ageMax = TimeSpan.FromDays(30);

    private readonly Option<string?> _packets = TextOption.Of(
        "--packets", "SIZE[,AGE]", "Keep the last packets too, on so much disk and no longer than AGE (1h): 1Gi,30m. "
            + "Payload only where it is ciphertext (docs/packets.md).");

    private readonly Option<bool> _isRaw = new("--packets-raw")
    {
        Description = "Keep their payload as it is, passwords and all.",
    };

    public void AddTo(Command command)
    {
        command.Add(_packets);
        command.Add(_isRaw);
    }

    /// <exception cref="UsageException">It is no size or no age.</exception>
    public PacketWish Read(ParseResult result)
    {
        var wish = PacketWish.None with { IsRaw = result.GetValue(_isRaw) };
        if (result.GetValue(_packets) is not { } text) return wish;

        var parts = text.Split(',', 2);
        var size = ByteSizes.ParseOption(_packets.Name, parts[0], PacketBufferConfig.SizeMin)!.Value;
        var age = parts.Length < 2 ? wish.AgeMax : Durations.ParseOption(_packets.Name, parts[1])!.Value;
        return age <= s_ageMax
            ? wish with { BytesMax = size, AgeMax = age }
            : throw new UsageException($"{_packets.Name}: packets are kept for at most {s_ageMax.TotalDays} days");
    }
}
