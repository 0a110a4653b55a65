import { createApp } from 'vue'
import { startI18n } from '../../i18n'
import { startTheme } from '../../state/preferences'
import '../../styles/tokens.css'
import '../../styles/base.css'
import '../home.css'
import HomeApp from './HomeApp.vue'

startTheme()
startI18n()
createApp(HomeApp).mount('#app')
