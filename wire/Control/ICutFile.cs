using NetSniff.Packets;
using NetSniff.Pcap;

namespace NetSniff.Wire.Control;

/// <summary>A file that packets of several nodes are written to. One thread.</summary>
public interface ICutFile
{
    ulong Packets { get; }

    /// <summary>What the format had no place for, in words; null for nothing.</summary>
    string? Lack { get; }

    /// <param name="node">Empty where there is but one.</param>
    void Write(string node, CaptureInterface seenAt, in Frame frame);

    /// <summary>Nothing comes any more.</summary>
    /// <param name="note">What was not known at the beginning, where there is a place for it.</param>
    void End(string note);
}
