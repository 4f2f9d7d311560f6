using NetSniff.Packets;

namespace NetSniff.Pcap;

/// <summary>Where frames were captured: <see cref="Frame.Interface"/> is its place in the list.</summary>
/// <param name="Name">Empty when the file does not say.</param>
/// <param name="SnapLengthMax">Most bytes kept of a frame.</param>
public sealed record CaptureInterface(string Name, LinkType LinkType, int SnapLengthMax);

/// <summary>What the capturing machine counted at an interface; null where it did not say.</summary>
public readonly record struct InterfaceStatistics(
    long? Received, long? Dropped, long? FilterAccepted = null, long? DroppedBySystem = null, long? Delivered = null);
