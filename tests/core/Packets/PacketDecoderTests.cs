using System.Globalization;
using System.Text;
using NetSniff.Packets;
using static NetSniff.Tests.Packets.FrameBytes;

namespace NetSniff.Tests.Packets;

/// <summary>Every way a payload can be wrapped, and what is found inside.</summary>
public sealed unsafe class PacketDecoderTests
{
    private const string Plain = "10.0.0.1:40000>10.0.0.2:5000 17 hello";
    private const string PlainSix = "fd00::1:40000>fd00::2:5000 17 hello";

    private static readonly byte[] s_hello = Encoding.ASCII.GetBytes("hello");
    private static readonly byte[] s_four = Ipv4(17, Udp(s_hello));
    private static readonly byte[] s_six = Ipv6(17, Udp(s_hello));
    private static readonly byte[] s_inside = Ethernet(0x0800, s_four);

    public static TheoryData<string, LinkType, byte[], string> Frames => new()
    {
        { "ethernet", LinkType.Ethernet, Ethernet(0x0800, s_four), Plain },
        { "ethernet, padded", LinkType.Ethernet, [.. Ethernet(0x0800, s_four), 0, 0, 0, 0], Plain },
        { "ethernet, v6", LinkType.Ethernet, Ethernet(0x86DD, s_six), PlainSix },
        { "tcp", LinkType.Ethernet, Ethernet(0x0800, Ipv4(6, Tcp(s_hello))), Plain.Replace(" 17 ", " 6 ") },
        { "null", LinkType.Null, [2, 0, 0, 0, .. s_four], Plain },
        { "null of a big-endian machine, v6", LinkType.Null, [0, 0, 0, 30, .. s_six], PlainSix },
        { "loop", LinkType.Loop, [0, 0, 0, 2, .. s_four], Plain },
        { "raw", LinkType.Raw, s_four, Plain },
        { "raw, v6", LinkType.RawBsd, s_six, PlainSix },
        { "raw of OpenBSD", LinkType.RawOpenBsd, s_four, Plain },
        { "ipv4", LinkType.Ipv4, s_four, Plain },
        { "ipv6", LinkType.Ipv6, s_six, PlainSix },
        { "ppp", LinkType.Ppp, [0xFF, 3, 0, 0x21, .. s_four], Plain },
        { "ppp, compressed", LinkType.Ppp, [0x21, .. s_four], Plain },
        { "ppp over hdlc", LinkType.PppHdlc, [0xFF, 3, 0, 0x57, .. s_six], PlainSix },
        { "pppoe link", LinkType.PppEther, [0x11, 0, 0, 1, .. U16(2 + s_four.Length), 0, 0x21, .. s_four], Plain },
        { "cisco hdlc", LinkType.CiscoHdlc, [0x0F, 0, 8, 0, .. s_four], Plain },
        { "sll", LinkType.LinuxSll, [0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0, .. s_four], Plain },
        { "sll2", LinkType.LinuxSll2, [8, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 6, .. new byte[8], .. s_four], Plain },
        { "wireless", LinkType.Ieee80211, Wireless(), Plain },
        { "radiotap", LinkType.Ieee80211Radiotap, [0, 0, 8, 0, 0, 0, 0, 0, .. Wireless()], Plain },
        { "per-packet info", LinkType.PerPacketInfo, [0, 0, 8, 0, 1, 0, 0, 0, .. s_inside], Plain },
        { "nflog", LinkType.Nflog, [2, 0, 0, 0, .. Nflog(9, s_four)], Plain },
        { "fddi", LinkType.Fddi, [0x50, .. new byte[12], .. Snap(s_four)], Plain },
        { "token ring", LinkType.TokenRing, [0x10, 0x40, .. new byte[12], .. Snap(s_four)], Plain },
        { "token ring with a route", LinkType.TokenRing,
            [0x10, 0x40, .. new byte[6], 0x80, .. new byte[5], 4, 0x30, 0, 0x10, .. Snap(s_four)], Plain },
        { "slip", LinkType.Slip, [0, 0x45, .. new byte[14], .. s_four], Plain },
        { "atm", LinkType.AtmRfc1483, Snap(s_four), Plain },
        { "sun's atm", LinkType.SunAtm, [0x82, 0, 0, 5, .. Snap(s_four)], Plain },
        { "ppp with a direction", LinkType.PppDirection, [1, 0xFF, 3, 0, 0x57, .. s_six], PlainSix },
        { "pflog", LinkType.Pflog, [61, 2, 0, 0, .. new byte[60], .. s_four], Plain },
        { "prism", LinkType.Prism, [0x44, 0, 0, 0, 144, 0, 0, 0, .. new byte[136], .. Wireless()], Plain },
        { "avs", LinkType.Ieee80211Avs, [0x80, 0x21, 0x10, 1, 0, 0, 0, 64, .. new byte[56], .. Wireless()], Plain },
        { "arcnet", LinkType.ArcnetLinux, [1, 2, 0, 0, 212, 0, 0, 7, .. s_four], Plain },
        { "arcnet, exception", LinkType.ArcnetLinux,
            [1, 2, 0, 0, 212, 0xFF, 0xFF, 0xFF, 212, 0, 0, 7, .. s_four], Plain },
        { "arcnet of RFC 1051", LinkType.ArcnetLinux, [1, 2, 0, 0, 240, .. s_four], Plain },
        { "firewire", LinkType.AppleFireWire, [.. new byte[16], 8, 0, .. s_four], Plain },
        { "ipnet", LinkType.Ipnet, [1, 2, .. new byte[22], .. s_four], Plain },
        { "mpls alone", LinkType.Mpls, [0, 2, 1, 64, .. s_four], Plain + " Mpls=32" },
        { "vlan", LinkType.Ethernet, Ethernet(0x8100, [0, 5, 8, 0, .. s_four]), Plain + " vlan=5/0" },
        { "qinq", LinkType.Ethernet, Ethernet(0x88A8, [0, 5, 0x81, 0, 0, 6, 8, 0, .. s_four]), Plain + " vlan=5/6" },
        { "three tags", LinkType.Ethernet,
            Ethernet(0x88A8, [0, 5, 0x81, 0, 0, 6, 0x81, 0, 0, 7, 8, 0, .. s_four]), Plain + " vlan=5/6" },
        { "mpls", LinkType.Ethernet, Ethernet(0x8847, [0, 1, 0, 64, 0, 2, 1, 64, .. s_four]), Plain + " Mpls=32" },
        { "pseudowire", LinkType.Ethernet,
            Ethernet(0x8847, [0, 2, 1, 64, 0, 0, 0, 0, .. s_inside]), Plain + " Mpls=32" },
        { "pppoe", LinkType.Ethernet,
            Ethernet(0x8864, [0x11, 0, 0, 1, .. U16(2 + s_four.Length), 0, 0x21, .. s_four]), Plain },
        { "snap", LinkType.Ethernet,
            Ethernet((ushort)(8 + s_four.Length), [0xAA, 0xAA, 3, 0, 0, 0, 8, 0, .. s_four]), Plain },
        { "extension headers", LinkType.Raw,
            Ipv6(0, [43, 0, 0, 0, 0, 0, 0, 0, 60, 0, 0, 0, 0, 0, 0, 0, 17, 0, 1, 4, 0, 0, 0, 0, .. Udp(s_hello)]),
            PlainSix },
        { "a fragment that is whole", LinkType.Raw, Ipv6(44, [17, 0, 0, 0, 0, 0, 0, 9, .. Udp(s_hello)]), PlainSix },
        { "authentication header", LinkType.Raw,
            Ipv4(51, [17, 1, 0, 0, .. new byte[8], .. Udp(s_hello)]), Plain },
        { "gre", LinkType.Raw, Outer(47, [0, 0, 8, 0, .. s_four]), Plain + " Gre=0" },
        { "gre with a key", LinkType.Raw, Outer(47, [0x20, 0, 0x86, 0xDD, 0, 0, 0, 9, .. s_six]), PlainSix + " Gre=9" },
        { "gre carrying ethernet", LinkType.Raw, Outer(47, [0, 0, 0x65, 0x58, .. s_inside]), Plain + " Gre=0" },
        { "pptp", LinkType.Raw,
            Outer(47, [0x30, 1, 0x88, 0x0B, 0, 40, 0, 3, 0, 0, 0, 1, 0xFF, 3, 0, 0x21, .. s_four]), Plain + " Gre=3" },
        { "erspan 1", LinkType.Raw, Outer(47, [0, 0, 0x88, 0xBE, .. s_inside]), Plain + " Erspan=0" },
        { "erspan 2", LinkType.Raw,
            Outer(47, [0x10, 0, 0x88, 0xBE, 0, 0, 0, 1, 0x10, 0, 0, 4, 0, 0, 0, 0, .. s_inside]), Plain + " Erspan=4" },
        { "erspan 3", LinkType.Raw,
            Outer(47, [0x10, 0, 0x22, 0xEB, 0, 0, 0, 1, 0x20, 0, 0, 5, .. new byte[8], .. s_inside]),
            Plain + " Erspan=5" },
        { "ip in ip", LinkType.Raw, Outer(4, s_four), Plain + " IpInIp=0" },
        { "6in4", LinkType.Raw, Outer(41, s_six), PlainSix + " IpInIp=0" },
        { "etherip", LinkType.Raw, Outer(97, [0x30, 0, .. s_inside]), Plain + " EtherIp=0" },
        { "vxlan", LinkType.Raw, OuterUdp(4789, [8, 0, 0, 0, 0, 0, 7, 0, .. s_inside]), Plain + " Vxlan=7" },
        { "vxlan, Linux' port", LinkType.Raw,
            OuterUdp(8472, [8, 0, 0, 0, 0, 0, 7, 0, .. s_inside]), Plain + " Vxlan=7" },
        { "vxlan-gpe", LinkType.Raw, OuterUdp(4790, [0x0C, 0, 0, 1, 0, 0, 7, 0, .. s_four]), Plain + " Vxlan=7" },
        { "geneve with options", LinkType.Raw,
            OuterUdp(6081, [1, 0, 0x65, 0x58, 0, 0, 8, 0, 1, 1, 1, 0, .. s_inside]), Plain + " Geneve=8" },
        { "gtp-u", LinkType.Raw,
            OuterUdp(2152, [0x30, 255, .. U16(s_four.Length), 0, 0, 0, 9, .. s_four]), Plain + " GtpU=9" },
        { "gtp-u with an extension", LinkType.Raw,
            OuterUdp(2152, [0x34, 255, .. U16(8 + s_four.Length), 0, 0, 0, 9, 0, 0, 0, 0x85, 1, 0, 9, 0, .. s_four]),
            Plain + " GtpU=9" },
        { "teredo", LinkType.Raw, OuterUdp(3544, s_six), PlainSix + " Teredo=0" },
        { "mpls in udp", LinkType.Raw, OuterUdp(6635, [0, 2, 1, 64, .. s_four]), Plain + " Mpls=32" },
        { "vxlan in gre in ip", LinkType.Raw,
            Outer(47, [0, 0, 8, 0, .. OuterUdp(4789, [8, 0, 0, 0, 0, 0, 7, 0, .. s_inside])]), Plain + " Vxlan=7" },
        { "first piece", LinkType.Raw, Ipv4(17, Udp(s_hello), fragment: 0x2000),
            "10.0.0.1:40000>10.0.0.2:5000 17 piece 0+ of 13" },
        { "arp", LinkType.Ethernet, Ethernet(0x0806, new byte[28]), "NotIp 0806" },
        { "spanning tree", LinkType.Ethernet, Ethernet(38, [0x42, 0x42, 3, .. new byte[35]]), "NotIp 0004" },
        { "unknown link", (LinkType)250, [1, 2, 3], "UnknownLink 0000" },
        { "version 5", LinkType.Ethernet, Ethernet(0x0800, [0x55, .. s_four[1..]]), "Malformed 0800" },
        { "tcp header too short", LinkType.Raw,
            Ipv4(6, [.. Tcp([])[..12], 0x40, 0x10, .. new byte[6]]), "10.0.0.1:40000>10.0.0.2:5000 6  bad" },
    };

    [Theory, MemberData(nameof(Frames))]
    public void A_frame_is_what_is_innermost(string about, LinkType link, byte[] bytes, string wanted)
    {
        Assert.NotEmpty(about);
        Assert.Equal(wanted, Show(link, bytes, bytes.Length, filler: 0));
    }

    [Theory, MemberData(nameof(Frames))]
    public void Nothing_behind_the_end_is_read(string about, LinkType link, byte[] bytes, string wanted)
    {
        Assert.NotEmpty(about + wanted);
        for (var length = 0; length <= bytes.Length; length++)
        {
            // What is read behind the end would show: it is different each time.
            var zeros = Show(link, bytes, length, filler: 0);
            Assert.Equal(zeros, Show(link, bytes, length, filler: 0xFF));
            Assert.Equal(zeros, Show(link, bytes, length, filler: 0x45));
        }
    }

    [Fact]
    public void Noise_never_throws()
    {
        var random = new Random(791);
        foreach (var row in Frames)
        {
            var (_, link, bytes, _) = row.Data;
            for (var round = 0; round < 300; round++)
            {
                var changed = Protocols.Mutations.Of(bytes, random);
                Show(link, changed, changed.Length, filler: 0);
            }
        }
    }

    [Fact]
    public void Both_directions_hash_alike()
    {
        Packet there = default, back = default;
        Decode(LinkType.Raw, Ipv4(17, Udp(s_hello)), ref there);
        Decode(LinkType.Raw, Ipv4(17, Udp(s_hello, ServerPort, ClientPort), Server, Client), ref back);
        Assert.Equal(there.Hash, back.Hash);
        Decode(LinkType.Raw, Ipv4(17, Udp(s_hello, ServerPort, ClientPort + 1), Server, Client), ref back);
        Assert.NotEqual(there.Hash, back.Hash);
    }

    [Fact]
    public void The_straight_way_and_the_long_way_agree()
    {
        Packet straight = default, around = default;
        foreach (var flags in new[] { TcpFlags.Syn, TcpFlags.Ack, TcpFlags.Fin | TcpFlags.Ack })
        {
            var datagram = Ipv4(6, Tcp(s_hello, flags, 77, 88));
            Decode(LinkType.Ethernet, Ethernet(0x0800, datagram), ref straight);
            Decode(LinkType.Raw, datagram, ref around);
            Assert.Equal(straight.Hash, around.Hash);
            Assert.Equal((straight.Sequence, straight.Acknowledgement), (around.Sequence, around.Acknowledgement));
            Assert.Equal((straight.Flags, straight.Window), (around.Flags, around.Window));
            Assert.Equal((straight.TimeToLive, straight.FragmentId), (around.TimeToLive, around.FragmentId));
            Assert.Equal(straight.PayloadOffset, around.PayloadOffset + 14);
        }
    }

    /// <summary>Frames of any length and content, cooked for the long way: whatever the short one says is the same.
    /// </summary>
    [Fact]
    public void The_straight_way_says_nothing_of_its_own()
    {
        const int CookedBytes = 16, EthernetBytes = 14;
        var random = new Random(894);
        byte[][] datagrams =
        [
            Ipv4(6, Tcp(s_hello, TcpFlags.Syn, 77, 88)), Ipv4(6, Tcp(s_hello, TcpFlags.Ack, 1u << 31, 0xffff_fffe)),
            Ipv4(17, Udp(s_hello)), Ipv4(17, Udp([])), Ipv4(17, Udp(s_hello, 40000, 4789)),
            Ipv4(17, Udp(s_hello, 6081, 9)), Ipv4(17, Udp(s_hello, 4789, 53)), Ipv4(17, Udp(s_hello, 9, 6635)),
        ];
        var straightOnes = 0;
        for (var round = 0; round < 20_000; round++)
        {
            var datagram = datagrams[random.Next(datagrams.Length)].ToArray();
            for (var change = random.Next(4); change > 0; change--)
            {
                datagram[random.Next(datagram.Length)] = (byte)random.Next(256);
            }

            byte[] tag = random.Next(4) == 0 ? [0x81, 0, (byte)random.Next(256), 7] : [];
            byte[] rest = [.. tag, 8, 0, .. datagram];
            var cut = random.Next(3) == 0 ? random.Next(datagram.Length) : 0;
            Packet straight = default, around = default;
            Decode(LinkType.Ethernet, [.. new byte[EthernetBytes - 2], .. rest], cut, ref straight);
            Decode(LinkType.LinuxSll, [0, 0, 0, 1, 0, 6, .. new byte[CookedBytes - 8], .. rest], cut, ref around);
            if (around.PayloadOffset > 0) around.PayloadOffset -= CookedBytes - EthernetBytes;
            // The long way minds a cut of what the UDP length leaves out, too.
            var isWhole = straight.PayloadLength == straight.PayloadWireLength;
            if (isWhole) straight.Traits |= around.Traits & PacketTraits.CutBySnap;
            Assert.Equal(Fields(in around), Fields(in straight));
            if (straight.Status == DecodeStatus.Ok) straightOnes++;
        }

        Assert.InRange(straightOnes, 10_000, 20_000);
    }

    private static string Fields(in Packet packet) => string.Create(
        CultureInfo.InvariantCulture,
        $"{packet.Status} {packet.Source} {packet.Target} {packet.SourcePort} {packet.TargetPort} {packet.Protocol} "
        + $"{packet.OuterVlan} {packet.InnerVlan} {packet.TunnelId} {packet.Tunnel} {packet.Interface} "
        + $"{packet.Sequence} {packet.Acknowledgement} {packet.Window} {packet.Flags} {packet.WindowScale} "
        + $"{packet.TimeToLive} {packet.Traits} {packet.TimeNanos} {packet.PayloadLength} {packet.PayloadOffset} "
        + $"{packet.PayloadWireLength} {packet.FragmentId} {packet.FragmentOffset} {packet.EtherType} {packet.Hash}");

    private static byte[] Outer(byte protocol, byte[] payload) =>
        Ipv4(protocol, payload, [192, 0, 2, 1], [192, 0, 2, 2]);

    private static byte[] OuterUdp(ushort port, byte[] payload) => Outer(17, Udp(payload, 50000, port));

    private static byte[] Wireless() =>
        [8, 1, 0, 0, .. new byte[18], 0, 0, 0xAA, 0xAA, 3, 0, 0, 0, 8, 0, .. s_four];

    private static byte[] Nflog(byte type, byte[] value) => [(byte)(4 + value.Length), 0, type, 0, .. value];

    private static void Decode(LinkType link, byte[] bytes, ref Packet packet) => Decode(link, bytes, 0, ref packet);

    /// <param name="cut">Bytes that the capture left out.</param>
    private static void Decode(LinkType link, byte[] bytes, int cut, ref Packet packet)
    {
        fixed (byte* data = bytes)
        {
            PacketDecoder.Decode(new Frame((nint)data, bytes.Length - cut, bytes.Length, 1, link), ref packet);
        }
    }

    private static string Show(LinkType link, byte[] bytes, int length, byte filler)
    {
        var room = new byte[bytes.Length + 80];
        room.AsSpan().Fill(filler);
        bytes.AsSpan(0, length).CopyTo(room);
        fixed (byte* data = room)
        {
            Packet packet = default;
            PacketDecoder.Decode(new Frame((nint)data, length, bytes.Length, 1, link), ref packet);
            if (packet.Status != DecodeStatus.Ok)
            {
                return string.Create(CultureInfo.InvariantCulture, $"{packet.Status} {packet.EtherType:X4}");
            }

            Assert.InRange(packet.PayloadOffset, 0, length);
            Assert.InRange(packet.PayloadLength, 0, length - packet.PayloadOffset);
            Assert.True(packet.PayloadWireLength >= packet.PayloadLength);
            return Show(in packet);
        }
    }

    private static byte[] Snap(byte[] inside) => [0xAA, 0xAA, 3, 0, 0, 0, 8, 0, .. inside];

    private static string Show(in Packet packet)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{packet.Source}:{packet.SourcePort}>");
        text.Append(CultureInfo.InvariantCulture, $"{packet.Target}:{packet.TargetPort} {packet.Protocol} ");
        if (packet.Is(PacketTraits.Fragment))
        {
            text.Append(CultureInfo.InvariantCulture, $"piece {packet.FragmentOffset}");
            if (packet.Is(PacketTraits.MoreFragments)) text.Append('+');
            return text.Append(CultureInfo.InvariantCulture, $" of {packet.PayloadLength}").ToString();
        }

        text.Append(Encoding.ASCII.GetString(packet.Payload));
        if (packet.OuterVlan != 0)
        {
            text.Append(CultureInfo.InvariantCulture, $" vlan={packet.OuterVlan}/{packet.InnerVlan}");
        }

        if (packet.Tunnel != TunnelKind.None)
        {
            text.Append(CultureInfo.InvariantCulture, $" {packet.Tunnel}={packet.TunnelId}");
        }

        if (packet.Is(PacketTraits.BadTransport)) text.Append(" bad");
        return text.ToString();
    }
}
