package gate

// words are the sentences for each reason. The rider reads the first on the
// display, the guard the second; docs/reasons.md prints both.
var words = map[Reason]struct{ rider, guard Text }{
	OK:                 {Text{"请进", "Welcome"}, Text{"已放行", "Admitted"}},
	Again:              {Text{"请进", "Welcome"}, Text{"刚才已放行，门未开，再次开门", "Admitted a moment ago and the door stayed shut: opened again"}},
	ExitLate:           {Text{"请慢走", "Goodbye"}, Text{"出门放行；此码已不能再进门", "Let out; the code would no longer let anybody in"}},
	Malformed:          {Text{"不是骑手通行码，请打开骑手端出示", "Not a pass. Please show the pass in your rider app"}, Text{"所示二维码不是通行码", "What was shown is not a pass"}},
	Unsupported:        {Text{"此类通行码本门不支持，请更新骑手端", "This gate does not know this kind of pass. Please update your app"}, Text{"通行码类型过新，本门软件不识别", "The pass is of a kind newer than this gate's software"}},
	UnknownKey:         {Text{"无法识别发码平台，请联系站点", "This gate does not know who issued the pass. Please call your station"}, Text{"发码平台未登记，或名单尚未更新", "The issuer's key is not listed here, or the list has not arrived yet"}},
	KeyVoid:            {Text{"通行码已全部作废，请重新取码", "All passes of this key are void. Please get a new one"}, Text{"发码密钥已作废，请勿凭此码放行", "The issuer's key is void: do not admit on this pass"}},
	BadSignature:       {Text{"通行码无效，请重新取码", "The pass is not genuine. Please get a new one"}, Text{"签名不符：码是伪造的或已损坏", "The signature is wrong: forged or damaged"}},
	WeakKey:            {Text{"通行码无效，请重新登录骑手端", "The pass is not safe. Please sign in to your app again"}, Text{"手机密钥不安全，不予放行", "The phone's key is not a safe one: not admitted"}},
	KeyNotForSite:      {Text{"此平台未获准进入本小区", "This platform may not enter this community"}, Text{"该平台密钥不适用于本小区", "The issuer's key is not for this community"}},
	KeyExpired:         {Text{"通行码已过期，请重新取码", "The pass has outlived its key. Please get a new one"}, Text{"通行码超出发码密钥的有效期", "The pass goes beyond the life of the issuer's key"}},
	TTLTooLong:         {Text{"通行码无效，请重新取码", "The pass is not valid. Please get a new one"}, Text{"通行码有效期超过平台的上限", "The pass lasts longer than its issuer may grant"}},
	ClockUnknown:       {Text{"本门暂不能核验时间，请找门卫", "The gate does not know the time. Please ask the guard"}, Text{"门禁盒不知道时间，请检查网络", "The box does not know the time: check its network"}},
	NotYetValid:        {Text{"通行码尚未生效，请稍候", "The pass is not valid yet. Please wait"}, Text{"未到通行码的生效时间", "The pass begins later"}},
	Expired:            {Text{"通行码已过期，请重新取码", "The pass has ended. Please get a new one"}, Text{"通行码已过期", "The pass has ended"}},
	WrongSite:          {Text{"这不是本小区的通行码", "This pass is for another community"}, Text{"通行码属于另一个小区", "The pass is for another community"}},
	WrongDirection:     {Text{"请走另一条通道", "Please use the other lane"}, Text{"通行码与通道方向不符", "The pass is for the other direction"}},
	BadHolderSignature: {Text{"请在骑手端重新出示通行码", "Please show the pass from your own phone"}, Text{"手机签名不符：码可能来自他人或其他大门", "The phone's signature is wrong: another phone's code, or drawn for another gate"}},
	StaleCode:          {Text{"截图无效，请出示实时通行码", "This is an old picture. Please show the live code"}, Text{"码已过显示时限，可能是截图", "The code is older than its window: perhaps a screenshot"}},
	FutureCode:         {Text{"手机时间不准，请校准后重试", "Your phone's clock is ahead. Please correct it and try again"}, Text{"手机时间比门禁快", "The phone's clock is ahead of the gate's"}},
	Revoked:            {Text{"通行码已注销，请联系站点", "The pass was withdrawn. Please call your station"}, Text{"通行码或骑手已被注销", "The pass or the rider was revoked"}},
	OnHold:             {Text{"通行暂停，请联系站点", "Your passes are on hold. Please call your station"}, Text{"骑手或通行码被暂停，请联系平台", "The rider or the pass is on hold: ask the platform"}},
	CutOff:             {Text{"通行码已失效，请重新取码", "The pass is no longer good. Please get a new one"}, Text{"此前签发的通行码已统一作废", "All passes issued before a certain time were withdrawn"}},
	ListTooOld:         {Text{"本门名单过旧，请找门卫", "The gate's list is too old. Please ask the guard"}, Text{"注销名单太旧，请检查网络，人工核验放行", "The revocation list is too old: check the network, admit by hand"}},
	Replayed:           {Text{"此码已出示过，请等待刷新", "This code was shown before. Please wait for the next"}, Text{"同一动态码被再次出示", "The same moving code was shown twice"}},
	UsedUp:             {Text{"通行码已使用，请重新取码", "The pass was already used. Please get a new one"}, Text{"通行码的次数已用完", "The pass has no use left"}},
	NotAdmitted:        {Text{"此平台未获准进入本小区", "This platform may not enter this community"}, Text{"小区规则不接受该平台", "The community's rules do not admit this platform"}},
	OutsideHours:       {Text{"当前时段不可进入", "No entry at this hour"}, Text{"不在该平台的准入时段", "Outside the hours set for this platform"}},
	EntryProhibited:    {Text{"骑手不得入内，请按提示交接", "Riders may not enter. Please hand over as shown"}, Text{"小区不允许骑手进入，请按交接方式办理", "Riders may not enter this community: hand over as agreed"}},
	Passback:           {Text{"刚刚进入过，请稍后再试", "You have just come in. Please wait"}, Text{"同一通行码短时间内重复进入", "The same pass entered a short while ago"}},
	TooManyAttempts:    {Text{"尝试过多，请30秒后再试", "Too many tries. Please wait 30 seconds"}, Text{"此码连续被拒，已暂停30秒", "This pass was refused too often: paused for 30 seconds"}},
	Lockdown:           {Text{"大门已封闭，请找门卫", "The gate is locked down. Please ask the guard"}, Text{"大门处于封闭状态", "The gate is locked down"}},
	Interlock:          {Text{"请等待另一道门关闭", "Please wait until the other door is shut"}, Text{"互锁：另一道门未关", "Interlock: the other door is not shut"}},
	DoorFault:          {Text{"门故障，请找门卫", "The door is out of order. Please ask the guard"}, Text{"门控故障，请人工开门并报修", "The door does not answer: open by hand and call for repair"}},
	NotReady:           {Text{"本门尚未就绪，请找门卫", "The gate is not ready. Please ask the guard"}, Text{"门禁盒尚未收到名单，请检查网络", "The box has not received its lists yet: check the network"}},
	Noise:              {},
	Repeat:             {},
}

// Rider is the sentence for the rider: what it is, and what to do. Empty for
// reasons to ignore.
func (r Reason) Rider() Text { return words[r].rider }

// Guard is the sentence for the guard or the technician. Empty for reasons to
// ignore.
func (r Reason) Guard() Text { return words[r].guard }
