using System.Globalization;
using System.Net;
using NetSniff.Flows;
using NetSniff.Packets;

namespace NetSniff.Config;

public enum TargetsMode : byte
{
    /// <summary>Everybody.</summary>
    All,

    /// <summary>Those with a listed address.</summary>
    Listed,
}

/// <summary>Whose traffic is looked at. Of flows with no end in it nothing is kept but a count.</summary>
public sealed record TargetsConfig
{
    /// <summary>A machine has some hundred pods, with two addresses each.</summary>
    public const int AddressesMax = 16_384;

    public const int NetworksMax = 256;

    public TargetsMode Mode { get; set; }

    /// <summary>With <see cref="TargetsMode.Listed"/> the targets. Else those of the machine's pods, if any are given:
    /// what they say to the machine itself is no traffic of the host.</summary>
    public IReadOnlyList<string> Addresses { get; set; } = [];

    /// <summary>`169.254.0.0/16`: a flow with an end in one of them is left out.</summary>
    public IReadOnlyList<string> ExcludeCidrs { get; set; } = [];

    /// <summary>Whether the machine's own addresses are targets.</summary>
    public bool HostTraffic { get; set; } = true;

    /// <summary>`10.244.1.7`, `fd00::7`.</summary>
    public static bool TryParse(string text, out Address address)
    {
        address = default;
        if (!IPAddress.TryParse(text, out var parsed)) return false;

        if (parsed.IsIPv4MappedToIPv6) parsed = parsed.MapToIPv4();
        address = Address.FromBytes(parsed.GetAddressBytes());
        return true;
    }

    /// <summary>`10.0.0.0/8`, `fd00::/8`.</summary>
    public static bool TryParse(string text, out Network network)
    {
        ArgumentNullException.ThrowIfNull(text);
        network = default;
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0 || !TryParse(text[..slash], out Address address)) return false;

        var isNumber = byte.TryParse(
            text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var bits);
        if (!isNumber || bits > (address.IsV4 ? 32 : 128)) return false;

        network = Network.Of(address, bits);
        return true;
    }
}
