using System.Runtime.InteropServices;
using NetSniff.Filters.Bpf;
using NetSniff.Packets;
using NetSniff.Sensor.Capture.LibPcap;
using NetSniff.Tests.Packets;

namespace NetSniff.Tests.Filters.Bpf;

/// <summary>Our machine against libpcap's own, instruction for instruction.</summary>
public sealed unsafe class BpfProgramTests
{
    private static readonly ushort[] s_codes =
    [
        BpfCode.LoadWordAbsolute, BpfCode.LoadHalfAbsolute, BpfCode.LoadByteAbsolute, BpfCode.LoadWordIndirect,
        BpfCode.LoadHalfIndirect, BpfCode.LoadByteIndirect, BpfCode.LoadConstant, BpfCode.LoadMemory,
        BpfCode.LoadLength,
        BpfCode.LoadXConstant, BpfCode.LoadXMemory, BpfCode.LoadXLength, BpfCode.LoadXHeaderLength, BpfCode.Store,
        BpfCode.StoreX, BpfCode.AddConstant, BpfCode.AddX, BpfCode.SubtractConstant, BpfCode.SubtractX,
        BpfCode.MultiplyConstant, BpfCode.MultiplyX, BpfCode.DivideConstant, BpfCode.DivideX, BpfCode.OrConstant,
        BpfCode.OrX, BpfCode.AndConstant, BpfCode.AndX, BpfCode.ShiftLeftConstant, BpfCode.ShiftRightConstant,
        BpfCode.Negate, BpfCode.ModuloConstant, BpfCode.ModuloX, BpfCode.XorConstant, BpfCode.XorX, BpfCode.Jump,
        BpfCode.JumpEqual, BpfCode.JumpEqualX, BpfCode.JumpGreater, BpfCode.JumpGreaterX, BpfCode.JumpAtLeast,
        BpfCode.JumpAtLeastX, BpfCode.JumpAnySet, BpfCode.JumpAnySetX, BpfCode.CopyToX, BpfCode.CopyFromX,
    ];

    public static TheoryData<string> Filters =>
    [
        "ip", "ip6", "tcp", "udp port 5000", "tcp[tcpflags] & tcp-syn != 0", "host 10.0.0.1",
        "net 10.0.0.0/8",
        "vlan 5 and udp", "ip[2:2] > 30", "not port 5000", "greater 60", "len <= 40", "ip proto 47",
        "portrange 4000-6000",
        "ether src 02:00:00:00:00:01", "ip multicast or icmp6", "src host fd00::1 and udp dst port 5000",
    ];

    [Theory, MemberData(nameof(Filters))]
    public void A_compiled_filter_decides_as_libpcap_does(string filter)
    {
        var native = NativeMachine();
        var program = FilterCompiler.Compile(filter, LinkType.Ethernet);
        foreach (var row in PacketDecoderTests.Frames)
        {
            var frame = row.Data.Item3;
            for (var length = frame.Length; length >= 0; length -= 5)
            {
                Assert.Equal(
                    native(program.Instructions, frame.AsSpan(0, length), frame.Length),
                    program.Run(frame.AsSpan(0, length), frame.Length));
            }
        }
    }

    [Fact]
    public void Any_sound_program_decides_as_libpcap_does()
    {
        var native = NativeMachine();
        var random = new Random(1993);
        var frame = new byte[64];
        var accepted = 0;
        for (var round = 0; round < 20_000; round++)
        {
            var code = new BpfInstruction[random.Next(2, 12)];
            for (var at = 0; at < code.Length - 1; at++) code[at] = Instruction(random, code.Length - at - 1);
            // libpcap's scratch memory is whatever lay there; ours is zero.
            var zeros = Enumerable.Range(0, 16).Select(word => new BpfInstruction(BpfCode.Store, 0, 0, (uint)word));
            code = [.. zeros, .. code];
            var last = random.Next(2) == 0 ? BpfCode.ReturnAccumulator : BpfCode.ReturnConstant;
            code[^1] = new BpfInstruction(last, 0, 0, (uint)random.Next());
            if (!BpfProgram.TryCreate(code, out var program, out _)) continue;

            accepted++;
            random.NextBytes(frame);
            var length = random.Next(frame.Length + 1);
            Assert.Equal(native(code, frame.AsSpan(0, length), 1500), program!.Run(frame.AsSpan(0, length), 1500));
        }

        Assert.InRange(accepted, 10_000, 20_000);
    }

    [Theory]
    [InlineData("", "no instructions")]
    [InlineData("48,0,0,0", "no return")]
    [InlineData("5,0,0,0 6,0,0,1", "")]
    [InlineData("5,0,0,1 6,0,0,1", "jump out")]
    [InlineData("21,0,1,7 6,0,0,1", "jump out")]
    [InlineData("52,0,0,0 6,0,0,1", "division by zero")]
    [InlineData("96,0,0,16 6,0,0,1", "memory word 16")]
    [InlineData("999,0,0,0 6,0,0,1", "unknown code")]
    public void Unsound_programs_are_refused_with_the_place(string text, string wanted)
    {
        BpfInstruction[] code =
        [
            .. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(','))
                .Select(part => new BpfInstruction(
                    ushort.Parse(part[0]), byte.Parse(part[1]), byte.Parse(part[2]), uint.Parse(part[3]))),
        ];
        Assert.Equal(wanted.Length == 0, BpfProgram.TryCreate(code, out _, out var problem));
        Assert.Contains(wanted, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cut_keeps_no_more_than_asked()
    {
        BpfProgram.TryCreate([new(BpfCode.ReturnConstant, 0, 0, 262_144)], out var program, out _);
        Assert.Equal(96u, program!.Cut(96).Run([1], 1));
        BpfProgram.TryCreate([new(BpfCode.ReturnConstant, 0, 0, 0)], out program, out _);
        Assert.Equal(0u, program!.Cut(96).Run([1], 1));
    }

    private static BpfInstruction Instruction(Random random, int behind)
    {
        var code = s_codes[random.Next(s_codes.Length)];
        var k = code switch
        {
            BpfCode.Jump => (uint)random.Next(behind),
            BpfCode.LoadMemory or BpfCode.LoadXMemory or BpfCode.Store or BpfCode.StoreX => (uint)random.Next(16),
            // Shifts by 32 and more differ between versions of libpcap, as they do between processors.
            BpfCode.ShiftLeftConstant or BpfCode.ShiftRightConstant => (uint)random.Next(32),
            _ => random.Next(4) == 0 ? (uint)random.Next() : (uint)random.Next(70),
        };
        return new BpfInstruction(code, (byte)random.Next(behind), (byte)random.Next(behind), k);
    }

    private delegate uint Machine(ReadOnlySpan<BpfInstruction> code, ReadOnlySpan<byte> packet, int wireLength);

    private static Machine NativeMachine()
    {
        Assert.SkipUnless(FilterCompiler.IsSupported, "no libpcap on this machine");
        var isThere = NativeLibrary.TryLoad("libpcap.so.0.8", out var library)
            || NativeLibrary.TryLoad("libpcap.so.1", out library);
        Assert.SkipUnless(isThere, "libpcap under a name this test does not know");
        var run = (delegate* unmanaged<BpfInstruction*, byte*, uint, uint, uint>)
            NativeLibrary.GetExport(library, "bpf_filter");
        return (code, packet, wireLength) =>
        {
            // Never empty, so that there is an address.
            var room = new byte[packet.Length + 1];
            packet.CopyTo(room);
            fixed (BpfInstruction* instructions = code)
            fixed (byte* bytes = room)
            {
                return run(instructions, bytes, (uint)wireLength, (uint)packet.Length);
            }
        };
    }
}
